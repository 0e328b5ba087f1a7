//! Whether a text may be parsed: the parser and the visitor call themselves for what is nested, so depth is bounded first.

/// Levels that are parsed. Hand-written code stays below a hundred, bundles below a few thousand.
const DEEPEST: usize = 8_000;

/// Whether a text may nest deeper than is parsed. Errs on the safe side: signs in texts count like signs in code.
pub(super) fn too_deep(code: &str) -> bool {
    // Within each bracket that is open: how many signs and words follow each other without an end of statement.
    let mut open: Vec<usize> = Vec::new();
    let (mut chain, mut below) = (0_usize, 0_usize);
    let mut in_word = false;
    for byte in code.bytes() {
        let word = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80;
        match byte {
            b'(' | b'[' | b'{' => {
                below += chain + 1;
                open.push(chain);
                chain = 0;
            }
            b')' | b']' | b'}' => {
                if let Some(outer) = open.pop() {
                    below = below.saturating_sub(outer + 1);
                    chain = outer + 1;
                }
            }
            b';' => chain = 0,
            _ if word && !in_word => chain += 1,
            _ if !word && !byte.is_ascii_whitespace() => chain += 1,
            _ => {}
        }
        in_word = word;
        if below + chain > DEEPEST {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_is_told_from_long() {
        assert!(too_deep(&"(".repeat(DEEPEST + 1)));
        assert!(too_deep(&"!".repeat(DEEPEST + 1)));
        assert!(too_deep(&"new ".repeat(DEEPEST + 1)));
        assert!(too_deep(&"if (a) b; else ".repeat(DEEPEST)) || !too_deep("if (a) b;"));
        assert!(!too_deep(&"call(a, b);\n".repeat(20_000)));
        assert!(!too_deep(&"{ let a = [1, 2]; }\n".repeat(2_000)));
    }
}
