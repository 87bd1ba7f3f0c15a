import Testing

@testable import Marketplace

@Suite struct EmailAddressTests {
    @Test(arguments: [
        ("fan@example.com", "fan@example.com"),
        ("Fan.Name@Example.COM", "fan.name@example.com"),
        ("fan+row7@sub.example.co.uk", "fan+row7@sub.example.co.uk"),
        ("a@b.c", "a@b.c"),
        ("!#$%&'*+/=?^_`{|}~-.@example.com", "!#$%&'*+/=?^_`{|}~-.@example.com"),
        ("..fan..@example.com", "..fan..@example.com"),
        ("1@1.1", "1@1.1"),
        ("fan@xn--bcher-kva.example", "fan@xn--bcher-kva.example"),
        // Internationalised domains, in NFC, NFD, capitals and full width.
        ("fan@bücher.example", "fan@xn--bcher-kva.example"), ("Fan@BÜCHER.example", "fan@xn--bcher-kva.example"),
        ("fan@bu\u{308}cher.example", "fan@xn--bcher-kva.example"), ("fan@ｅｘａｍｐｌｅ.com", "fan@example.com"),
        ("fan@例え.テスト", "fan@xn--r8jz45g.xn--zckzah"), ("fan@straße.example", "fan@xn--strae-oqa.example"),
        ("fan@bücher。example", "fan@xn--bcher-kva.example"), ("fan@\u{212a}.com", "fan@k.com"),
        ("fan@example.com.", "fan@example.com"), ("fan@bücher.example.", "fan@xn--bcher-kva.example"),
    ])
    func addressesAreLowerCased(input: String, text: String) {
        #expect(EmailAddress(input)?.text == text)
    }

    /// Lengths in bytes of the local part and of each label of the domain.
    @Test(
        arguments: [
            (64, [1, 1], true), (65, [1, 1], false), (1, [63, 1], true), (1, [64, 1], false), (1, [1, 63], true),
            // 64 + 1 + 63 + 1 + 63 + 1 + 61 = 254, the maximum length.
            (64, [63, 63, 61], true), (64, [63, 63, 62], false), (100_000, [1, 1], false), (1, [1], false),
        ] as [(Int, [Int], Bool)])
    func addressesHaveAtMost254Bytes(local: Int, labels: [Int], isAddress: Bool) {
        let domain = labels.map { String(repeating: "d", count: $0) }.joined(separator: ".")
        #expect((EmailAddress(String(repeating: "l", count: local) + "@" + domain) != nil) == isAddress)
    }

    @Test(arguments: [
        "", "@", "fan", "fan@", "@example.com", "fan@example", "fan@@example.com", "fan@a@example.com",
        "fan@.example.com", "fan@example.com..", "fan@example..com", "fan@-example.com", "fan@example-.com",
        "fan@exa_mple.com", "fan name@example.com", " fan@example.com", "fan@example.com ", "fan@example.com\n",
        "fan\u{0}@example.com", "\"fan\"@example.com", "fan(x)@example.com", "fan,x@example.com", "<fan@example.com>",
        "fan@[127.0.0.1]", "fän@example.com", "fän@bücher.example", "fan@example.com, x@example.com",
        // The lower case of the Kelvin sign is the letter k; the lower case of İ has two scalars.
        "\u{212a}@example.com", "\u{130}@example.com", "ｆan@example.com", "fan@ä b.example", "fan@ä/b.example",
        "fan@ä%20.example", "fan@ä@b.example", "fan@bücher", "fan@\u{130}\u{0}.example",
    ])
    func invalidAddressesAreRejected(input: String) throws {
        #expect(EmailAddress(input) == nil)
        #expect(throws: DecodingError.self) { try Wire.value(try Wire.text(input), as: EmailAddress.self) }
    }

    @Test func spellingsInAnyCaseAreEqual() {
        #expect(EmailAddress("FAN@EXAMPLE.COM") == EmailAddress("fan@example.com"))
    }

    @Test func addressesAreJSONStrings() throws {
        try expectGolden(try #require(EmailAddress("Fan@example.com")), #""fan@example.com""#)
    }
}
