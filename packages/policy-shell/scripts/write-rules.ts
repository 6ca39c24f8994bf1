import { writeFileSync } from 'node:fs';
import { renderRulesPage } from '../src/testing/rules-page.js';

writeFileSync(new URL('../RULES.md', import.meta.url), renderRulesPage());
