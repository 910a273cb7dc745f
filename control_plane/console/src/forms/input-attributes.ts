/** What ties an input to its label, its help and its faults. */
export interface InputIds {
  id: string;
  describedBy: string;
  isInvalid: boolean;
}

export interface SharedAttributes {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
  disabled: boolean | undefined;
}
