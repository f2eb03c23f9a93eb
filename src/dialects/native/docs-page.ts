/** What the page may load and do: its own files and calls, nothing from elsewhere, no script or style within it. */
export const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The page for the API description, with a way to each dialect's part of it. */
export function docsPage(dialects: readonly { readonly name: string; readonly title: string }[]): string {
  const ways = dialects.map(({ name, title }) => `<a href="/docs?dialect=${name}">${title}</a>`)
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rollcall API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
<script defer src="/docs/swagger-ui-bundle.js"></script>
<script defer src="/docs/page.js"></script>
</head>
<body>
<nav aria-label="Dialects"><a href="/docs">Everything</a>${ways.join('')}<a href="/openapi.json">openapi.json</a></nav>
<main id="operations"><noscript>This page needs JavaScript. The description itself is <a href="/openapi.json">openapi.json</a>.</noscript></main>
</body>
</html>
`
}

/** Shows the description, or a dialect's part of it, in the theme that the reader's system has. */
export const PAGE_SCRIPT = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
for (const way of document.querySelectorAll('nav a')) if (way.href === location.origin + location.pathname + location.search) way.setAttribute('aria-current', 'page')
SwaggerUIBundle({
  url: '/openapi.json' + location.search,
  dom_id: '#operations',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  filter: true,
  validatorUrl: null,
  tryItOutEnabled: false,
})
`

/** What the library's own style leaves open; there is one server, and no links between operations. */
export const PAGE_STYLE = `body { margin: 0; background: Canvas; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0.75rem 1.25rem; font: 600 0.95rem/1.6 system-ui, sans-serif; border-bottom: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); }
nav a { color: inherit; text-decoration: none; }
nav a:hover, nav a[aria-current] { text-decoration: underline; text-underline-offset: 0.35em; text-decoration-thickness: 2px; }
nav a:last-child { margin-left: auto; font-weight: 400; }
.swagger-ui .info { margin: 1.5rem 0; }
.swagger-ui .scheme-container { padding: 0 0 1rem; }
.swagger-ui .servers-title, .swagger-ui .servers, .swagger-ui .response-col_links { display: none; }
.swagger-ui .response-col_description { min-width: 0; overflow-wrap: anywhere; }
`
