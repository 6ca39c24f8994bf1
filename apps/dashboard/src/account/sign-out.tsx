import { useMutation } from '@tanstack/react-query';
import { LogOut } from 'lucide-react';
import { useServices } from '../app/services.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';

/** Ends the session here and in the other tabs. */
export function SignOut() {
  const { session } = useServices();
  const leave = useMutation({ mutationFn: () => session.logout() });
  return (
    <>
      <Button icon={<LogOut aria-hidden="true" />} isPending={leave.isPending} onPress={() => leave.mutate()}>
        Sign out
      </Button>
      {leave.isError && <FailureNotice error={leave.error} />}
    </>
  );
}
