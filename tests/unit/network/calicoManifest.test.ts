import { images } from "../../../components/artifacts/images";
import { calicoManifest, type CalicoSettings } from "../../../components/network/calicoManifest";

const settings: CalicoSettings = { encapsulation: "VXLAN", mtu: 0, podCidr: "10.244.0.0/16" };
const render = (changes: Partial<CalicoSettings> = {}) => JSON.stringify(calicoManifest({ ...settings, ...changes }));
const variable = (name: string, value: string) => JSON.stringify({ name, value });

test("the manifest in the repository is the release that versions.ts names", () => {
  const used = new Set(render().match(/quay\.io\/calico\/[^"]+/g));
  expect(used).toEqual(new Set(Object.values(images.calico)));
});

test("VXLAN runs without BGP: no BIRD to be asked by a probe", () => {
  expect(render()).toContain('"calico_backend":"vxlan"');
  expect(render()).toContain(variable("CALICO_IPV4POOL_VXLAN", "Always"));
  expect(render()).toContain(variable("CALICO_IPV4POOL_IPIP", "Never"));
  expect(render()).not.toContain("-bird-ready");
});

test("IPIP brings BIRD back", () => {
  const manifest = render({ encapsulation: "IPIP" });
  expect(manifest).toContain('"calico_backend":"bird"');
  expect(manifest).toContain(variable("CALICO_IPV4POOL_IPIP", "Always"));
  expect(manifest).toContain(variable("CALICO_IPV4POOL_VXLAN", "Never"));
  expect(manifest).toContain("-bird-ready");
});

test("pods' addresses and MTU are those of the config", () => {
  const manifest = render({ podCidr: "10.1.0.0/16", mtu: 1410 });
  expect(manifest).toContain(variable("CALICO_IPV4POOL_CIDR", "10.1.0.0/16"));
  expect(manifest).toContain('"veth_mtu":"1410"');
});
