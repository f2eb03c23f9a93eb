/** The page on which a password is set by a link: its secret stands behind the `#` and is sent with the password alone. */
export const PASSWORD_PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Set your password</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/set-password/page.css">
<script defer src="/set-password/page.js"></script>
</head>
<body>
<main>
<h1>Set your password</h1>
<form>
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required maxlength="1024" aria-describedby="told">
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required maxlength="1024">
<button>Set password</button>
</form>
<p id="told" role="status"></p>
<noscript>This page needs JavaScript.</noscript>
</main>
</body>
</html>
`

export const PASSWORD_SCRIPT = `const form = document.querySelector('form')
const told = document.querySelector('#told')
const secret = location.hash.slice(1)
const tell = (text) => { told.textContent = text }
if (secret === '') tell('This address is not whole: open the link that you were sent.')
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const password = form.password.value
  if (password !== form.again.value) return tell('The two are not the same.')
  tell('')
  try {
    const answer = await fetch('/v1/password', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret, password }),
    })
    const said = await answer.json()
    if (!answer.ok) return tell(said.detail)
    form.remove()
    history.replaceState(null, '', location.pathname)
    tell('Your password is set, ' + said.username + '. You can log in with it.')
  } catch {
    tell('The server cannot be reached. Try again.')
  }
})
`

export const PASSWORD_STYLE = `body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 22rem; margin: 12vh auto 0; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
label { display: block; margin-top: 1rem; }
input { box-sizing: border-box; width: 100%; padding: 0.5rem; font: inherit; border: 1px solid GrayText; border-radius: 0.3rem; background: Field; color: FieldText; }
button { margin-top: 1.25rem; padding: 0.5rem 1rem; font: inherit; font-weight: 600; border: 0; border-radius: 0.3rem; background: #1d4ed8; color: #fff; cursor: pointer; }
:focus-visible { outline: 3px solid #60a5fa; outline-offset: 2px; }
`
