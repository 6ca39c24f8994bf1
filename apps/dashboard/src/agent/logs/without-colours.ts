// Select Graphic Rendition: it only colours, so nothing is lost with it. Everything else stays and is shown by name.
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;:]*m`, 'g');

/** Gives a line without the codes that colour it; other control codes stay, to be shown inert. */
export function withoutColours(text: string): string {
  return text.replace(COLOURS, '');
}
