/** `file_types` of options and file uploads. As in Discord's apps, names alone are checked. */

/** What Discord's groups stand for. @type {Record<string, string[]>} */
const GROUPS = {
  image: ['.png', '.gif', '.jpg', '.jpeg', '.jfif', '.webp', '.avif'],
  video: ['.mp4', '.mov', '.webm'],
  audio: ['.mp3', '.wav', '.ogg', '.flac', '.m4a'],
};

/** @param {string[]} types */
function extensionsOf(types) {
  return types.flatMap((type) => GROUPS[type] ?? [type.toLowerCase()]);
}

/** What the browser's own dialog should offer; null for every file. @param {string[] | undefined} types */
export function acceptOf(types) {
  return types === undefined ? null : extensionsOf(types).join(',');
}

/** @param {string[] | undefined} types */
export function refusalOf(types) {
  return `Only these files can be added: ${extensionsOf(types ?? []).join(' ')}`;
}

/** @param {string[] | undefined} types @param {string} name */
export function takesFile(types, name) {
  return types === undefined || extensionsOf(types).some((end) => name.toLowerCase().endsWith(end));
}
