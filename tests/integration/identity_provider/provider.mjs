// A real identity provider (oidc-provider, certified by the OpenID Foundation) on 127.0.0.1, for one client. Anybody
// signs in with any password, and their login is their subject. IVR_PROVIDER holds port, client, secret and address to
// come back to, as JSON, and `modules`, where the packages of package-lock.json are installed.
import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { port, client, secret, back, modules } = JSON.parse(process.env.IVR_PROVIDER);
const found = createRequire(modules).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: client,
      client_secret: secret,
      redirect_uris: [back],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "first", use: "sig", alg: "RS256" }] },
  cookies: { keys: ["a key for tests"] },
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: `${id}@maison` }) }),
});
provider.listen(port, "127.0.0.1");
