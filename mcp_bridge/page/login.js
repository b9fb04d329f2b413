// The form of /login: posts the token as JSON, then opens the page.

const TIMEOUT = 15_000; // milliseconds

const form = document.getElementById("login");
const token = document.getElementById("token");
const error = document.getElementById("error");
const button = form.querySelector("button");

let isBusy = false;

function show(text) {
  error.textContent = text;
  token.setAttribute("aria-invalid", "true");
  token.focus();
  token.select();
}

async function explain(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

async function logIn() {
  const answer = await fetch("/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token: token.value }),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (answer.ok) {
    location.replace("/");
  } else if (answer.status === 401) {
    show("This token is wrong.");
  } else {
    show(await explain(answer));
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isBusy) {
    return;
  }
  // Emptied first, so that the same error is read out again.
  error.textContent = "";
  token.removeAttribute("aria-invalid");
  if (token.value === "") {
    show("Enter the token.");
    return;
  }
  isBusy = true;
  button.setAttribute("aria-disabled", "true");
  try {
    await logIn();
  } catch {
    show("The server does not answer. Is it running?");
  } finally {
    isBusy = false;
    button.removeAttribute("aria-disabled");
  }
});

// Whoever follows a link from another site comes here although logged in: the browser sent no cookie
// along. From here it does, and the server then leads to the page.
fetch("/login", { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT) }).then(
  (answer) => answer.type === "opaqueredirect" && location.replace("/"),
  () => undefined,
);
