import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { createAppRouter } from './router.js';
import { ServicesProvider, type Services } from './services.js';

/** The whole dashboard. */
export function App({
  services,
  router,
}: {
  readonly services: Services;
  readonly router: ReturnType<typeof createAppRouter>;
}) {
  return (
    <ServicesProvider services={services}>
      <QueryClientProvider client={services.queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ServicesProvider>
  );
}
