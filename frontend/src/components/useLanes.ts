import { useQuery } from "@tanstack/react-query";
import { listLanes } from "@/api/lanes";

const EVERY_MS = 10_000; // a pause is rare, and whoever meets one is told at once by the server

/** The lanes that are configured, in use or paused. */
export const useLanes = () =>
  useQuery({
    queryKey: ["runs", "lanes"],
    queryFn: ({ signal }) => listLanes(signal),
    refetchInterval: EVERY_MS,
  });
