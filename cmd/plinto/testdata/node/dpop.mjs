// A client of Plinto that binds its session to a key, by a library that others
// wrote for OAuth 2.0. Its proofs, its nonces and what it makes of tokens and
// challenges are the library's own; only bodies are put into the words of
// Plinto on their way: JSON for forms, and the tokens out of a sign-in.
//
//   node dpop.mjs <what clients call Plinto> <whether nonces are required> <instance> ...
//
// prints a line for each thing that it saw, and fails at the first that is not
// as it should be.
import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'

const [base, nonces, ...instances] = process.argv.slice(2)
const password = 'correct horse battery staple'
const client = { client_id: 'plinto' }
const server = (path) => ({ issuer: base, token_endpoint: base + '/api/v1/auth' + path })
const me = new URL(base + '/api/v1/auth/me')

// send asks the instances in turn, as a balancer would.
let turn = 0
let last // request, to be sent again
function send(address, init) {
  last = { address, init }
  const url = new URL(address)
  return fetch(instances[turn++ % instances.length] + url.pathname + url.search, init)
}

async function sendForm(address, init) {
  const body = Object.fromEntries([...init.body].filter(([name]) => name !== 'grant_type' && name !== 'client_id'))
  const response = await send(address, {
    ...init,
    headers: { ...init.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.clone().json()
  return answer.tokens ? new Response(JSON.stringify(answer.tokens), { status: 200, headers: response.headers }) : response
}

const options = (DPoP) => ({ DPoP, [oauth.customFetch]: sendForm, [oauth.allowInsecureRequests]: true })

// retrying does what a client does when it is asked for a nonce.
let asked = 0
async function retrying(once) {
  try {
    return await once()
  } catch (err) {
    if (!oauth.isDPoPNonceError(err)) throw err
    asked++
    return await once()
  }
}

const enter = (DPoP, path, parameters) =>
  retrying(async () =>
    oauth.processGenericTokenEndpointResponse(server(path), client,
      await oauth.genericTokenEndpointRequest(server(path), client, oauth.None(), 'password', parameters, options(DPoP))))

const refresh = (DPoP, token) =>
  retrying(async () =>
    oauth.processRefreshTokenResponse(server('/refresh'), client,
      await oauth.refreshTokenGrantRequest(server('/refresh'), client, oauth.None(), token, options(DPoP))))

const who = (DPoP, token) =>
  retrying(() => oauth.protectedResourceRequest(token, 'GET', me, new Headers(), undefined,
    { DPoP, [oauth.customFetch]: send, [oauth.allowInsecureRequests]: true }))

const keyed = async (algorithm) => oauth.DPoP(client, await oauth.generateKeyPair(algorithm))

// again sends the last request once more, to each instance.
async function again(status, code) {
  const { address, init } = last
  for (const _ of instances) {
    const response = await send(address, init)
    assert.equal(response.status, status)
    assert.equal((await response.json()).error.code, code)
    assert.match(response.headers.get('www-authenticate'), new RegExp(`^DPoP error="${code}"`))
  }
}

async function refused(promise, code) {
  const err = await promise.then(() => assert.fail('it was let in'), (err) => err)
  const response = err.cause instanceof Response ? err.cause : err.response
  assert.equal(response?.status, 401, err)
  assert.equal((await response.json()).error.code, code)
}

const seen = (what) => console.log(what)

for (const [n, algorithm] of ['ES256', 'Ed25519', 'ES384', 'PS256', 'RS256'].entries()) {
  const her = await keyed(algorithm)
  const in_ = await enter(her, '/signup', { email: `ann${n}@example.com`, password })
  assert.equal(in_.token_type, 'dpop')
  const claims = JSON.parse(Buffer.from(in_.access_token.split('.')[1], 'base64url'))
  assert.deepEqual(claims.cnf, { jkt: await her.calculateThumbprint() })
  assert.equal((await who(her, in_.access_token)).status, 200)
  const next = await refresh(her, in_.refresh_token)
  assert.equal(next.token_type, 'dpop')
  assert.equal((await who(her, next.access_token)).status, 200)
}
seen('every algorithm signs up, asks and refreshes')
if (nonces === 'required') {
  assert.equal(asked, 5)
  seen('each client was asked for a nonce once, and went on')
} else {
  assert.equal(asked, 0)
}

const her = await keyed('ES256')
const thief = await keyed('ES256')
let tokens = await enter(her, '/signin', { email: 'ann0@example.com', password })
await again(400, 'invalid_dpop_proof')
seen('a sign-in is not sent again')

assert.equal((await who(her, tokens.access_token)).status, 200)
await again(401, 'invalid_dpop_proof')
seen('a call is not sent again')

const stale = tokens.refresh_token
tokens = await refresh(her, stale)
await again(400, 'invalid_dpop_proof')
seen('a refresh is not sent again')

for (const scheme of ['Bearer', 'DPoP']) {
  const response = await send(me.href, { headers: { authorization: `${scheme} ${tokens.access_token}` } })
  assert.equal(response.status, 401)
  assert.match(response.headers.get('www-authenticate'),
    scheme === 'Bearer' ? /^DPoP error="invalid_token", algs="ES256 / : /^DPoP error="invalid_dpop_proof", algs="ES256 /)
}
seen('the access token is worth nothing alone')

await refused(who(thief, tokens.access_token), 'invalid_token')
seen('nor with the proof of another key')

for (const token of [tokens.refresh_token, stale]) {
  for (const key of [undefined, thief]) {
    await refused(refresh(key, token), 'invalid_refresh_token')
  }
}
assert.equal((await who(her, tokens.access_token)).status, 200)
seen('a stolen refresh token is refused, and its owner lives on')

const lost = await refresh(her, tokens.refresh_token)
tokens = await refresh(her, tokens.refresh_token)
assert.equal(tokens.refresh_token, lost.refresh_token)
tokens = await refresh(her, tokens.refresh_token)
seen('a lost answer is given again, without any grace')

const late = await enter(undefined, '/signin', { email: 'ann0@example.com', password })
assert.equal(late.token_type, 'bearer')
const bound = await refresh(her, late.refresh_token)
assert.equal(bound.token_type, 'dpop')
await refused(refresh(undefined, bound.refresh_token), 'invalid_refresh_token')
assert.equal((await refresh(her, bound.refresh_token)).token_type, 'dpop')
seen('a refresh with a proof binds a session that was not')

assert.equal((await retrying(() => oauth.protectedResourceRequest(tokens.access_token, 'POST', new URL(base + '/api/v1/auth/signout'),
  new Headers(), undefined, { DPoP: her, [oauth.customFetch]: send, [oauth.allowInsecureRequests]: true }))).status, 204)
await refused(refresh(her, tokens.refresh_token), 'invalid_refresh_token')
seen('a sign-out is proved as well')
