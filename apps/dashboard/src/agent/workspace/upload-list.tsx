import { X } from 'lucide-react';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { inertString } from '../../components/inert-parts.js';
import { InertText } from '../../components/inert-text.js';
import { VirtualList } from '../../components/virtual-list.js';
import type { UploadState } from './use-uploads.js';
import styles from './workspace.module.css';

const EXISTS = new Set(['CONFLICT', 'PRECONDITION_FAILED']);

const keyOf = ({ id }: UploadState): number => id;

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
    <VirtualList label="Uploads" items={uploads} keyOf={keyOf} estimate={44} maxHeight="30dvh">
      {(upload) => (
        <div className={styles['upload']}>
          <InertText text={upload.file.name} limit={120} />
          {upload.state === 'waiting' && <Badge tone="neutral">Waiting</Badge>}
          {upload.state === 'running' && <Badge tone="busy">Uploading</Badge>}
          {upload.state === 'done' && <Badge tone="good">Uploaded</Badge>}
          {upload.state === 'failed' && <Badge tone="bad">Not uploaded</Badge>}
          <Button
            kind="quiet"
            size="small"
            icon={<X aria-hidden="true" />}
            aria-label={`Dismiss ${inertString(upload.file.name)}`}
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
        </div>
      )}
    </VirtualList>
  );
}
