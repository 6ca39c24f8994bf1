/* The one after the other: they want the machine for themselves, and each says how its goals stand. */
await import('./workers.js');
await import('./adoption.js');
