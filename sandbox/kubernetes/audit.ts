/** One line of the audit log. `status` 0 = the connection was destroyed before an answer. */
export interface AuditedRequest {
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  readonly status: number;
}

const keptRequests = 10_000;

export type AuditLog = ReturnType<typeof createAuditLog>;

/** Every request that reached the server, oldest first; the oldest are dropped when it grows long. */
export function createAuditLog() {
  let requests: AuditedRequest[] = [];

  return {
    requests: (): readonly AuditedRequest[] => requests,

    record(request: AuditedRequest): void {
      if (requests.length >= keptRequests) requests = requests.slice(keptRequests / 2);
      requests.push(request);
    },

    clear(): void {
      requests = [];
    },
  };
}
