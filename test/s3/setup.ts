import type { TestProject } from 'vitest/node';
import { type Radosgw, type StoreUser, startRadosgw } from '../helpers/radosgw.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    ceph: {
      readonly endpoint: string;
      readonly region: string;
      readonly owner: StoreUser;
      readonly stranger: StoreUser;
    };
  }
}

let store: Radosgw | undefined;

export async function setup(project: TestProject): Promise<void> {
  store = await startRadosgw();
  const { endpoint, region, owner } = store;
  project.provide('ceph', { endpoint, region, owner, stranger: await store.addUser('stranger') });
}

export async function teardown(): Promise<void> {
  await store?.stop();
}
