// Reads policies and requests as JSON lines and writes a decision for each request, in their order.
//
// A line {"policy": NAME, "document": {...}} names a document. A line with "action" is a request: its "identity",
// "boundary" and levels of "serviceControl" and "resourceControl" are names of documents, so that each is sent and
// checked once. The answer has "decision" or, for a request that AWS does not know, "error"; "ignored" are the
// condition keys that AWS does not have for this action and resource.
import { createInterface } from 'node:readline'
import { isWildcardOnlyAction, runSimulation } from '@cloud-copilot/iam-simulate'

const documents = new Map()

// The condition keys that AWS publishes for sts:AssumeRoleWithWebIdentity, by which `runSimulation` goes, lack the audience
// and the subject of most issuers, though AWS has them:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
// One issuer's are decided as those of another, which it knows.
const ISSUER = /token\.actions\.githubusercontent\.com:(aud|sub)"/g
const withKnownIssuer = (request) => JSON.parse(JSON.stringify(request).replace(ISSUER, 'accounts.google.com:$1"'))

const named = (name) => ({ name, policy: documents.get(name) })
const levels = (given) => given.map((names, index) => ({ orgIdentifier: `level-${index}`, policies: names.map(named) }))

async function resourceOf(request) {
  const [service, action] = request.action.split(':')
  // Such a call is about no resource, whatever it is meant for.
  const alone = await isWildcardOnlyAction(service, action).catch(() => false)
  return alone ? '*' : request.resource
}

async function decide(request) {
  const resource = await resourceOf(request)
  const simulation = {
    request: {
      principal: request.principal ?? { type: 'Anonymous' },
      action: request.action,
      resource: { resource, accountId: request.accountId },
      contextVariables: request.context
    },
    identityPolicies: request.identity.map(named),
    permissionBoundaryPolicies: request.boundary ? [named(request.boundary)] : undefined,
    serviceControlPolicies: levels(request.serviceControl),
    resourceControlPolicies: levels(request.resourceControl),
    resourcePolicy: request.resourcePolicy ? documents.get(request.resourcePolicy) : undefined
  }
  const token = request.action === 'sts:AssumeRoleWithWebIdentity'
  const result = await runSimulation(token ? withKnownIssuer(simulation) : simulation, { simulationMode: 'Strict' })
  if (result.resultType === 'error') return { error: JSON.stringify(result.errors) }
  const one = result.resultType === 'single' ? result.result : result.results[0]
  return {
    decision: result.overallResult,
    resource,
    blockedBy: one?.analysis?.blockedBy ?? [],
    ignored: one?.ignoredContextKeys ?? []
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const read = JSON.parse(line)
  if (read.policy) documents.set(read.policy, read.document)
  else process.stdout.write(JSON.stringify(await decide(read)) + '\n')
}
