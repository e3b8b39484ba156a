/** Keys as this machine has them. */
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export const commandKey = isMac ? "⌘" : "Ctrl";

export const isCommand = ({ ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean =>
  (isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && !shiftKey;
