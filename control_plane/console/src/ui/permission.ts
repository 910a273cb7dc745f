import { useMe } from "../api/queries";
import type { Role } from "../api/types";

const ORDER: Role[] = ["viewer", "editor", "admin"];

/** Whether the key of this session may do what this role may. The server decides; this only hides what it would refuse. */
export function useMay(role: Role): boolean {
  const me = useMe().data;
  return me !== undefined && ORDER.indexOf(me.role) >= ORDER.indexOf(role);
}
