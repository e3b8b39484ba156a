/** The browser's lock manager, as far as the leader of the tabs needs it: exclusive, first come first served, `steal`, `signal`. */
interface Waiting {
  enter: () => void;
  reject: (error: Error) => void;
}

type Callback = (lock: Lock | null) => unknown;

const aborted = (): DOMException => new DOMException("The lock was taken away.", "AbortError");

export class FakeLocks {
  private readonly holders = new Map<string, { reject: (error: Error) => void }>();
  private readonly queues = new Map<string, Waiting[]>();

  readonly request = ((name: string, options: LockOptions, callback: Callback): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const queue = this.queues.get(name) ?? [];
      this.queues.set(name, queue);
      const enter = (): void => {
        const holder = { reject };
        this.holders.set(name, holder);
        void (async () => {
          try {
            resolve(await callback({ name, mode: "exclusive" }));
          } finally {
            if (this.holders.get(name) === holder) {
              this.holders.delete(name);
              queue.shift()?.enter();
            }
          }
        })();
      };
      if (options.steal === true) {
        this.holders.get(name)?.reject(aborted());
        enter();
      } else if (!this.holders.has(name)) queueMicrotask(this.enterIfFree(name, { enter, reject }, options));
      else this.wait(queue, { enter, reject }, options);
    })) as LockManager["request"];

  private enterIfFree(name: string, waiting: Waiting, options: LockOptions): () => void {
    return () => {
      if (options.signal?.aborted === true) waiting.reject(aborted());
      else if (this.holders.has(name)) this.wait(this.queues.get(name) ?? [], waiting, options);
      else waiting.enter();
    };
  }

  private wait(queue: Waiting[], waiting: Waiting, { signal }: LockOptions): void {
    queue.push(waiting);
    signal?.addEventListener("abort", () => {
      const place = queue.indexOf(waiting);
      if (place < 0) return;
      queue.splice(place, 1);
      waiting.reject(aborted());
    });
  }
}
