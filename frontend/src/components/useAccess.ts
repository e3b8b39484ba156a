import { useSyncExternalStore } from "react";
import { access, type AccessState } from "@/api/access";

/** Whether this tab has a token, and whether the server wants one. */
export const useAccess = (): AccessState => useSyncExternalStore(access.subscribe, access.read);
