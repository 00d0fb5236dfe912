/** The page's style sheet: system fonts, readable tables, light and dark. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
.claim { font-size: 1.2rem; max-width: 60rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { border-bottom: 1px solid #8884; padding: 0.35rem 0.6rem; text-align: start; vertical-align: top; }
bdi { display: block; text-align: start; }
figure { display: inline-block; width: 34rem; max-width: 100%; margin: 0 0.5rem 1rem 0; }
svg { width: 100%; font: 11px system-ui, sans-serif; fill: currentColor; }
.legend span { margin-inline-end: 1rem; }
.legend i { display: inline-block; width: 0.8rem; height: 0.8rem; margin-inline-end: 0.3rem; }
footer { margin-top: 2rem; opacity: 0.75; }
`;
