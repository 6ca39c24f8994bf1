import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { renderRulesPage } from '../src/testing/rules-page.js';

const page = new URL('../RULES.md', import.meta.url);
writeFileSync(page, await format(renderRulesPage(), { parser: 'markdown', printWidth: 110 }));
