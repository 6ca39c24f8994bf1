import { X } from 'lucide-react';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import type { UploadState } from './use-uploads.js';
import styles from './workspace.module.css';

const EXISTS = new Set(['CONFLICT', 'PRECONDITION_FAILED']);

/** Uploads and what became of them. */
export function UploadList({
  uploads,
  onDismiss,
  onReplace,
}: {
  readonly uploads: readonly UploadState[];
  readonly onDismiss: (id: number) => void;
  readonly onReplace: (upload: UploadState) => void;
}) {
  if (uploads.length === 0) return null;
  return (
    <ul className={styles['uploads']} aria-label="Uploads">
      {uploads.map((upload) => (
        <li key={upload.id} className={styles['upload']}>
          <InertText text={upload.file.name} limit={120} />
          {upload.state === 'running' && <Badge tone="busy">Uploading</Badge>}
          {upload.state === 'done' && <Badge tone="good">Uploaded</Badge>}
          {upload.state === 'failed' && <Badge tone="bad">Not uploaded</Badge>}
          <Button
            kind="quiet"
            size="small"
            icon={<X aria-hidden="true" />}
            aria-label={`Dismiss ${upload.file.name}`}
            onPress={() => onDismiss(upload.id)}
          />
          {upload.error && (
            <div className={styles['uploadError']}>
              <FailureNotice error={upload.error} />
              {EXISTS.has(upload.error.code) && (
                <Button size="small" kind="danger" onPress={() => onReplace(upload)}>
                  Replace the file that is there
                </Button>
              )}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
