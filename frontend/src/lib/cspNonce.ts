/** What lets a style sheet of this page's own making be applied (CSP): the server's word for this one answer. */
export const cspNonce = (): string =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
