/** The types of resources that the stand-in implements, as URNs have them. */
export const types = {
  network: "gcp:compute/network:Network",
  subnetwork: "gcp:compute/subnetwork:Subnetwork",
  firewall: "gcp:compute/firewall:Firewall",
  address: "gcp:compute/address:Address",
  account: "gcp:serviceaccount/account:Account",
  instance: "gcp:compute/instance:Instance",
  instanceGroup: "gcp:compute/instanceGroup:InstanceGroup",
  membership: "gcp:compute/instanceGroupMembership:InstanceGroupMembership",
  healthCheck: "gcp:compute/regionHealthCheck:RegionHealthCheck",
  backendService: "gcp:compute/regionBackendService:RegionBackendService",
  forwardingRule: "gcp:compute/forwardingRule:ForwardingRule",
} as const;
