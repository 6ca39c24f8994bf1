import { Button } from '../../components/button.js';
import { InertText } from '../../components/inert-text.js';
import { Notice } from '../../components/notice.js';

/** Says that somebody else saved meanwhile, what they set, and asks whose values shall stand. Nothing typed is lost. */
export function ConflictNotice({
  theirs,
  onKeepMine,
  onTakeTheirs,
}: {
  readonly theirs: readonly { readonly label: string; readonly value: string }[];
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
}) {
  return (
    <Notice
      tone="warn"
      announce
      title="These settings were changed elsewhere meanwhile. Nothing of yours was saved."
      actions={
        <>
          <Button size="small" onPress={onKeepMine}>
            Keep my changes
          </Button>
          <Button size="small" kind="quiet" onPress={onTakeTheirs}>
            Take theirs
          </Button>
        </>
      }
    >
      {theirs.map(({ label, value }) => (
        <p key={label}>
          {label} is now <InertText text={value} limit={300} />
        </p>
      ))}
      <p>Keep your changes to look at them once more and save them over the new version.</p>
    </Notice>
  );
}
