package confirm

// pageHTML is every page. It has no script, nothing from elsewhere, and no focus
// set: a page that pops up must not take a key press that was meant for another.
// A form that is no answer shows it again where the error stands.
const pageHTML = `{{define "line"}}{{range .}}{{if .Quoted}}“<bdi>{{.Text}}</bdi>”{{else}}{{.Text}}{{end}}{{end}}{{end -}}
{{define "time"}}<time datetime="{{.Format "2006-01-02T15:04:05Z07:00"}}">{{.Local.Format "15:04:05 MST, Monday 2 January 2006"}}</time>{{end -}}
{{define "token"}}<input type="hidden" name="` + formToken + `" value="{{.Form}}" autocomplete="off">{{end -}}
{{define "error"}}{{with .Error}}<p id="error" class="error" role="alert">{{.}}</p>{{end}}{{end -}}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<header><p>okta-mcp <span>Approval by a person</span></p></header>
<main>
<h1>{{.Heading}}</h1>
{{range .Says}}<p>{{template "line" .}}</p>
{{end}}{{with .Asked}}{{template "question" .}}{{end}}</main>
</body>
</html>
{{define "question"}}{{with .Facts}}<section aria-labelledby="concerns">
<h2 id="concerns">What it concerns</h2>
<ul>
{{range .}}<li>{{template "line" .}}</li>
{{end}}</ul>
</section>
{{end}}{{with .Changes}}<section aria-labelledby="changes">
<h2 id="changes">What changes</h2>
<table aria-labelledby="changes">
<thead><tr><th scope="col">Attribute</th><th scope="col">Now</th><th scope="col">Becomes</th></tr></thead>
<tbody>
{{range .}}<tr><th scope="row">{{template "line" .Name}}</th><td>{{template "line" .Now}}</td><td>{{template "line" .Becomes}}</td></tr>
{{end}}</tbody>
</table>
</section>
{{end}}<section aria-labelledby="asker">
<h2 id="asker">Who asks</h2>
<dl>
<div><dt>MCP client</dt><dd>{{template "line" .Client}}</dd></div>
<div><dt>Tool</dt><dd><code>{{.Tool}}</code></dd></div>
<div><dt>Asked at</dt><dd>{{template "time" .Asked}}</dd></div>
<div><dt>Open until</dt><dd>{{if .Until.IsZero}}the call is given up{{else}}{{template "time" .Until}}{{end}}. If the program ends before, nothing is changed.</dd></div>
</dl>
</section>
<section aria-labelledby="answer">
<h2 id="answer">Your answer</h2>
<p>If you did not expect this question, answer “{{.No}}”.</p>
{{if .Typed}}{{template "typed" .}}{{else}}{{template "choice" .}}{{end}}</section>
{{end -}}
{{define "choice"}}<form method="post" action="{{.Address}}#answer" autocomplete="off">
{{template "token" .}}
<fieldset role="radiogroup" aria-required="true"{{if .Error}} aria-invalid="true" aria-describedby="error"{{end}}>
<legend>Decision</legend>
{{template "error" .}}
<label><input type="radio" name="` + fieldDecision + `" value="` + optionRefuse + `" required> <span>{{.No}}</span></label>
<label><input type="radio" name="` + fieldDecision + `" value="` + optionProceed + `" required> <span>{{.Yes}}</span></label>
</fieldset>
<button type="submit">Send the answer</button>
</form>
{{end -}}
{{define "typed"}}<form method="post" action="{{.Address}}#answer" autocomplete="off">
{{template "token" .}}
<label for="typed">Type to confirm</label>
<p id="what">To go on, type exactly: <strong>{{.Typed}}</strong>{{.Hint}}</p>
{{template "error" .}}
<input type="text" id="typed" name="` + fieldTyped + `" value="{{.Echo}}" required autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" aria-describedby="what{{if .Error}} error{{end}}"{{if .Error}} aria-invalid="true"{{end}}>
<button type="submit">{{.Yes}}</button>
</form>
<form method="post" action="{{.Address}}#answer">
{{template "token" .}}
<button type="submit" class="no" name="` + fieldDecision + `" value="` + optionRefuse + `">{{.No}}</button>
</form>
{{end -}}`

// pageStyle is the one style that a page's policy allows. Text and controls have
// the contrast of WCAG 2.2 AA in both colour schemes.
const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #f3f4f6; --sheet: #ffffff; --text: #1b1f24; --quiet: #4b5563;
  --line: #d3d7dd; --edge: #6b7280; --act: #1a4fa0; --on-act: #ffffff; --wrong: #a3191f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111418; --sheet: #1b2026; --text: #e8eaed; --quiet: #b6bdc7;
    --line: #3a424c; --edge: #8b95a3; --act: #a8c7fa; --on-act: #0d2140; --wrong: #ffb4ab;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
header, main { max-width: 44rem; margin: 0 auto; }
header p { margin: 0 0 .75rem; font-size: .875rem; font-weight: 600; }
header span { margin-left: .5rem; font-weight: 400; color: var(--quiet); }
main { padding: 1.25rem; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.3; }
h2 { margin: 1.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1rem; }
p { margin: .5rem 0; }
ul { margin: 0; padding-left: 1.25rem; }
li { margin: .25rem 0; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--quiet); font-size: .875rem; }
@media (min-width: 40rem) { thead th:first-child { width: 21%; } }
dl { margin: 0; }
dl div { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: .25rem 0; }
dt { flex: 0 0 7rem; color: var(--quiet); }
dd { flex: 1 1 14rem; margin: 0; }
code, strong { font-family: ui-monospace, monospace; font-size: .9375em; }
form { margin: 1rem 0 0; }
fieldset { margin: 0; padding: 0; border: 0; }
legend { padding: 0; font-weight: 600; }
label { display: block; font-weight: 600; }
fieldset label { display: flex; gap: .625rem; margin: .5rem 0; padding: .625rem .75rem; border: 1px solid var(--edge); border-radius: .375rem; font-weight: 400; }
input[type=radio] { flex: none; width: 1.125rem; height: 1.125rem; margin: .1875rem 0 0; accent-color: var(--act); }
input[type=text] {
  display: block; width: 100%; padding: .5rem .625rem; background: var(--sheet); color: var(--text);
  border: 1px solid var(--edge); border-radius: .375rem; font: inherit; font-family: ui-monospace, monospace;
}
[aria-invalid=true]:not(fieldset) { border-color: var(--wrong); border-width: 2px; }
.error { color: var(--wrong); font-weight: 600; }
button {
  min-height: 2.75rem; margin-top: .75rem; padding: .5rem 1.125rem; background: var(--act); color: var(--on-act);
  border: 1px solid var(--act); border-radius: .375rem; font: inherit; font-weight: 600; text-align: left; cursor: pointer;
}
button.no { margin-top: 0; background: var(--sheet); color: var(--text); border-color: var(--edge); }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
@media (max-width: 30rem) {
  body { padding: .5rem; }
  main { padding: .875rem; }
  table { font-size: .875rem; }
  th, td { padding-right: .5rem; }
}
@media (forced-colors: active) { main, button, fieldset label { border-color: CanvasText; } }
`
