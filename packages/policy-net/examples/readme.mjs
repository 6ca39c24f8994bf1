import { NetworkSecurityPolicy } from '@clawforce/policy-net';

const policy = new NetworkSecurityPolicy({ allowlist: ['*.example.com', 'api.example.org:443'] });

for (const url of [
  'https://docs.example.com/start',
  'https://example.net/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0x7f.1/',
]) {
  const { effect, rule, reason } = policy.checkUrl(url);
  console.log(effect, rule, '-', reason);
}
console.log(policy.checkEndpoint({ host: 'docs.example.com', address: '10.0.0.7', port: 443 }).rule);
