import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const controlPlane = process.env['CLAWFORCE_DEV_SERVER'] ?? 'http://localhost:8080';

/**
 * The control plane replaces the placeholder in every answer by the nonce of its content security policy. Nothing is
 * inlined, because neither styles nor fonts may come from a `data:` URL.
 */
export default defineConfig({
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2023',
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    strictPort: true,
    // The server must list http://localhost:5173 in CORS_ORIGINS for the socket of a page that Vite serves.
    proxy: { '/api': { target: controlPlane, ws: true } },
  },
});
