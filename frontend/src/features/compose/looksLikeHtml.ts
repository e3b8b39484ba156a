const WHOLE_PAGE = /^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)?<(!doctype\s+html|html|head|body)\b/i;
const BLOCK =
  /^\s*<(article|aside|div|dl|figure|footer|form|h[1-6]|header|main|nav|ol|p|section|style|svg|table|ul)\b/i;
/** Lines that only Markdown has. */
const MARKDOWN = /^(#{1,6}\s|[-*+]\s|\d+[.)]\s|```|~~~|>\s|\|.*\|\s*$)/m;

/** Whether what was given as text is most likely the source of a page. Pure. */
export function looksLikeHtml(source: string): boolean {
  if (WHOLE_PAGE.test(source)) return true;
  return BLOCK.test(source) && /<\/[a-z][a-z0-9]*>\s*$/i.test(source.slice(-200)) && !MARKDOWN.test(source);
}
