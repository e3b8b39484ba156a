const DIGIT = /\p{Nd}/u;

/** 0 to 9: the digits of a script stand together, and begin with its zero (Unicode 4.6). */
function valueOf(digit: string): number {
  let before = 0;
  for (let code = digit.codePointAt(0) ?? 0; DIGIT.test(String.fromCodePoint(code - 1)); code -= 1)
    before += 1;
  return before % 10;
}

/** What was typed as a number, in the digits of any script and with the decimal sign of Arabic or of full width; NaN: it is none. */
export const readNumber = (text: string): number =>
  Number(
    text
      .replace(/\p{Nd}/gu, (digit) => String(valueOf(digit)))
      .replace(/[٫．]/g, ".")
      .replace(/[\u061c\u200e\u200f]/g, ""), // marks of direction, which keyboards put in
  );
