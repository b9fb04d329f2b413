/** The address for TLS, and how clients learn to trust it. */

import { CopyButton } from "../parts/copy.js";
import { html } from "../ui.js";

/** Props: `found`, the WebSocket server of the status. It has TLS. */
export function Trust({ found: { secure_url, ca_file } }) {
  return html`
    <section class="trust" aria-label="TLS">
      <h2>TLS</h2>
      <p>
        Clients connect to <code>${secure_url}</code> <${CopyButton}
          text=${secure_url} what="the address for TLS" />
      </p>
      ${
        ca_file === null
          ? html`<p>The certificate is the operator's. Its authority must be known to the clients.</p>`
          : html`<${Hints} file=${ca_file} />`
      }
    </section>
  `;
}

function Hints({ file }) {
  return html`
    <p>
      They must trust this certificate authority: <code>${file}</code> <${CopyButton}
        text=${file} what="the path of the authority" /> <a
        href="/ca.pem" download="ca.pem">Download it</a>
    </p>
    <table>
      <thead><tr><th>Client</th><th>Trust it</th></tr></thead>
      <tbody>
        ${hints(quoted(file)).map(
          ([client, hint, isText]) => html`
            <tr key=${client}>
              <td>${client}</td>
              <td>${isText ? hint : html`<code>${hint}</code> <${CopyButton} text=${hint} what="the hint for ${client}" />`}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

const hints = (file) => [
  ["Node", `NODE_EXTRA_CA_CERTS=${file}`],
  ["Python, Go", `SSL_CERT_FILE=${file}`],
  ["curl", `curl --cacert ${file}`],
  ["Java", `keytool -importcert -noprompt -alias mock -file ${file} -keystore trust.p12`],
  ["Browsers", "Import the file as an authority in the settings for certificates.", true],
];

/** A path as a shell takes it. */
const quoted = (path) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
