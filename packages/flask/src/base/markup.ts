/** Text that is HTML already, and the escaping of text that is not. MarkupSafe's, which Flask exports. */
export { escape as escapeHtml, Markup } from '@qilin/jinja';
