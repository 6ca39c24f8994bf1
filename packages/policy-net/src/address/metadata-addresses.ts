/**
 * Addresses of cloud metadata and credential services. They hand credentials to whoever can reach them, so no option
 * and no exception admits them. `168.63.129.16` lies in public space and is no part of any registry.
 */
export const METADATA_ADDRESSES: readonly (readonly [address: string, service: string])[] = [
  ['169.254.169.254', 'instance metadata of most clouds'],
  ['169.254.169.253', 'AWS resolver'],
  ['169.254.169.123', 'AWS time service'],
  ['169.254.170.2', 'AWS ECS task credentials'],
  ['169.254.170.23', 'AWS EKS pod identity'],
  ['169.254.169.252', 'Google Kubernetes Engine, where a node leads its metadata requests'],
  ['169.254.169.250', 'Rancher metadata'],
  ['169.254.0.23', 'Tencent Cloud metadata'],
  ['169.254.10.10', 'Tencent Cloud metadata'],
  ['169.254.42.42', 'Scaleway metadata'],
  ['100.100.100.200', 'Alibaba Cloud metadata'],
  ['100.96.0.96', 'Volcano Engine metadata'],
  ['100.80.80.80', 'UCloud metadata'],
  ['192.0.0.192', 'Oracle Cloud metadata'],
  ['168.63.129.16', 'Azure platform address (WireServer)'],
  ['fd00:ec2::254', 'AWS instance metadata'],
  ['fd00:ec2::253', 'AWS resolver'],
  ['fd00:ec2::123', 'AWS time service'],
  ['fd00:ec2::23', 'AWS EKS pod identity'],
  ['fd00:42::42', 'Scaleway metadata'],
  ['fd20:ce::254', 'Google Cloud metadata'],
  ['fd00:c1::a9fe:a9fe', 'Oracle Cloud metadata'],
  ['fd00:a9fe:a9fe::1', 'Akamai (Linode) metadata'],
  ['fd00:100::100:200', 'Alibaba Cloud metadata'],
  ['fe80::a9fe:a9fe', 'OpenStack and Akamai metadata'],
];

/** Names of cloud metadata services: refused, with every name below them, before any lookup. */
export const METADATA_NAMES: readonly string[] = [
  'metadata',
  'instance-data',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'api.metadata.cloud.ibm.com',
  'metadata.cloud.ibm.com',
  'rancher-metadata',
];
