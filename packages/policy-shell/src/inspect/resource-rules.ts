import { hasOption, type ArgumentRule } from './argument-rule.js';

/** Rules over arguments that ask for output, copies or processes without end. */
export const resourceRules: readonly ArgumentRule[] = [
  {
    programs: /^printf$/,
    argument: (value, index) => index === 0 && /%[-+ 0#]*(?:\d{6,}|\d*\.\d{6,})/.test(value),
    rule: 'shell.resource',
  },
  // Without a number make starts everything at once.
  {
    programs: /^(?:[gb]|re)?make$/,
    argument: (value, index, all) =>
      (/^(?:-[A-Za-z]*j|--j[a-z]*)$/.test(value) && !/^\d{1,3}$/.test(all[index + 1]?.value ?? '')) ||
      /^(?:-[A-Za-z]*j|--j[a-z]*=)\d{4,}$/.test(value),
    rule: 'shell.resource',
  },
  {
    programs: /^(?:ninja|samu)$/,
    argument: (value, index, all) =>
      /^-j(?:0|\d{4,})$/.test(value) ||
      (value === '-j' && /^(?:0|\d{4,})$/.test(all[index + 1]?.value ?? '')),
    rule: 'shell.resource',
  },
  {
    programs: /^shuf$/,
    argument: (value, _index, all) =>
      /^(?:-[a-z]*r|--r)/.test(value) &&
      !value.startsWith('--random') &&
      !hasOption(all, /^(?:-[a-z]*n|--h)/),
    rule: 'shell.resource',
  },
  {
    programs: /^seq$/,
    argument: (value) => /%[-+ 0#']*(?:\d{6,}|\d*\.\d{6,})/.test(value),
    rule: 'shell.resource',
  },
  // No number of rounds means for ever.
  {
    programs: /^jot$/,
    argument: (value, index, all) =>
      index === all.findIndex((word) => !word.value.startsWith('-')) &&
      !(Number(value) >= 1 && Number(value) <= 1e7),
    rule: 'shell.resource',
  },
  { programs: /^csplit$/, argument: (value) => /^\{(?:\d{5,})\}$/.test(value), rule: 'shell.resource' },
  {
    programs: /^shuf$/,
    argument: (value, index, all) => {
      const range = /^(?:-i|--input-range=)?(\d+)-(\d+)$/.exec(value);
      return (
        range !== null &&
        (range[0].startsWith('-') || /^(?:-i|--input-range)$/.test(all[index - 1]?.value ?? '')) &&
        Number(range[2]) - Number(range[1]) > 1e7
      );
    },
    rule: 'shell.resource',
  },
  // The width stands among the words behind it.
  {
    programs: /^printf$/,
    argument: (value, _index, all) =>
      /%[-+ 0#]*(?:\*|\d*\.\*)/.test(all[0]?.value ?? '') && /^-?\d{6,}$/.test(value),
    rule: 'shell.resource',
  },
];
