import type { Plugin } from "vite";

export interface Message {
  message: string;
  context: string | undefined;
  /** Where it stands first, from `src/`. */
  file: string;
}
export function keyOf(message: Pick<Message, "message" | "context">): string;
export function readCatalogue(language: "en"): string[];
export function readCatalogue(language: string): Record<string, string>;
export function languages(): string[];
export function messagesOfSources(): Promise<Message[]>;
export function messages(): Plugin;
