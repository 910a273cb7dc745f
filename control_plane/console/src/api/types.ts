/** Short names for what the API speaks of. */
import type { components } from "../../generated/api";

type Schemas = components["schemas"];

export type Action = Schemas["ActionRead"];
export type ActionType = Schemas["ActionTypeRead"];
export type Activation = Schemas["ActivationRead"];
export type ApiKey = Schemas["ApiKeyRead"];
export type ApiKeyMade = Schemas["ApiKeyMade"];
export type Audience = Schemas["AudienceRead"];
export type AuditEntry = Schemas["AuditRead"];
export type Change = Schemas["Change"];
export type Connector = Schemas["ConnectorRead"];
export type ConnectorHealth = Schemas["ConnectorHealthRead"];
export type ConnectorStatistics = Schemas["ConnectorStatistics"];
export type ConnectorStatus = Schemas["ConnectorStatus"];
export type ConnectorType = Schemas["ConnectorTypeRead"];
export type ConnectorTypeSummary = Schemas["ConnectorTypeSummary"];
export type Day = Schemas["DayRead"];
export type DeliveryError = Schemas["ErrorRead"];
export type EventFeed = Schemas["EventFeedRead"];
export type Fault = Schemas["Fault"];
export type Journey = Schemas["JourneyRead"];
export type Limits = Schemas["LimitsInput"];
export type Me = Schemas["Me"];
export type Published = Schemas["Published"];
export type Role = Schemas["Role"];
export type Statistics = Schemas["Statistics"];
export type Totals = Schemas["Totals"];
export type Use = Schemas["UseRead"];
export type User = Schemas["UserRead"];
export type VersionSummary = Schemas["VersionSummary"];
export type WindowLength = Schemas["WindowLength"];
export type Worker = Schemas["WorkerRead"];
