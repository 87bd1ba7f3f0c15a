extension String {
    /// The text without white space around it.
    var trimmed: String {
        guard let first = unicodeScalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = unicodeScalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(unicodeScalars[first...last])
    }

    /// The text with each line ending (CR LF, CR or LF) as one line feed.
    var withLineFeeds: String {
        guard utf8.contains(0x0d) else { return self }
        var lines = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in unicodeScalars {
            if scalar == "\n", isAfterReturn {
                isAfterReturn = false
                continue
            }
            isAfterReturn = scalar == "\r"
            lines.append(isAfterReturn ? "\n" : scalar)
        }
        return String(lines)
    }
}

extension Unicode.Scalar {
    /// True for the characters that a line of text for other people must not contain: control characters (C0, C1), line
    /// and paragraph separators, noncharacters, the byte order mark, and characters that change the text direction (UAX
    /// #9, section 2), which can make one text look like another.
    var isDisallowedInText: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: return true
        default: break
        }
        switch value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: return true
        default: return properties.isNoncharacterCodePoint
        }
    }
}
