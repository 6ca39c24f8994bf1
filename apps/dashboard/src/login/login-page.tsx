import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { EntryFrame } from '../app/entry-frame.js';
import { useSessionState } from '../app/services.js';
import { safeReturn } from './safe-return.js';
import { SignInForm } from './sign-in-form.js';

/** Signs in and goes on to where the person wanted to be. */
export function LoginPage() {
  const state = useSessionState();
  const search = useSearch({ from: '/login' });
  // The address changes before this page is gone, so the way back is kept from the start.
  const [to] = useState(search.to);
  const navigate = useNavigate();
  const isSignedIn = state.kind === 'signed-in';
  useEffect(() => {
    if (isSignedIn) void navigate({ href: safeReturn(to), replace: true });
  }, [isSignedIn, navigate, to]);
  return (
    <EntryFrame title="Sign in">
      <SignInForm />
    </EntryFrame>
  );
}
