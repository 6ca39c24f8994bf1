import './design/tokens.css';
import './design/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { createAppRouter } from './app/router.js';
import { createServices } from './app/services.js';
import { applyTheme, readTheme } from './design/theme.js';

applyTheme(readTheme());
const services = createServices();
void services.session.restore();

const container = document.getElementById('app');
if (!container) throw new Error('the page has no element #app');
createRoot(container).render(
  <StrictMode>
    <App services={services} router={createAppRouter()} />
  </StrictMode>,
);
