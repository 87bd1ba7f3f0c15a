/// The facts about a currency's amounts, and the table of all currencies.
///
/// Source: https://docs.stripe.com/currencies, sections "Supported presentment currencies", "Zero-decimal currencies",
/// "Three-decimal currencies", "Special cases" and "Minimum and maximum charge amounts", as of 2026.
public struct CurrencyFacts: Hashable, Sendable {
    /// The number of decimal digits of Stripe's minor unit. It is 2 for ISK and UGX, although neither currency has
    /// decimals: Stripe keeps the digits for backward compatibility.
    public internal(set) var minorDigits = 2
    /// A charge must be a multiple of this, in minor units.
    public internal(set) var chargeStep: Int64 = 1
    /// A price must be a multiple of this, in minor units. It is greater than ``chargeStep`` for HUF and TWD, because
    /// Stripe charges their fractions but does not pay them out.
    public internal(set) var priceStep: Int64 = 1
    /// The smallest charge, in minor units. For currencies without a minimum at Stripe, it is the step.
    public internal(set) var minimum: Int64 = 1
    /// The greatest charge, in minor units. It has eight digits, which every card network accepts. If eight digits are
    /// worth less than about 1,000 US dollars, it has twelve digits, which is Stripe's limit for cards. American
    /// Express then declines charges of more than nine digits.
    public internal(set) var maximum: Int64 = 99_999_999

    /// The greatest charge in any currency.
    static let greatestMaximum: Int64 = 999_999_999_999

    static let table: [String: CurrencyFacts] = {
        var table: [String: CurrencyFacts] = [:]
        for code in codes(twoDecimals) { table[code] = CurrencyFacts() }
        for code in codes(zeroDecimals) { table[code] = CurrencyFacts(minorDigits: 0) }
        for code in codes(threeDecimals) {
            table[code] = CurrencyFacts(minorDigits: 3, chargeStep: 10, priceStep: 10, minimum: 10)
        }
        for code in codes(wholeCharges) {
            table[code] = CurrencyFacts(minorDigits: 2, chargeStep: 100, priceStep: 100, minimum: 100)
        }
        for code in codes(wholePayouts) { table[code] = CurrencyFacts(priceStep: 100, minimum: 100) }
        for (code, minimum) in minimums { table[code]?.minimum = minimum }
        for code in codes(wideAmounts) { table[code]?.maximum = greatestMaximum }
        return table
    }()

    private static func codes(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    private static let twoDecimals = """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY \
        COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG IDR ILS INR JMD \
        KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO \
        NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB \
        TJS TOP TRY TTD TZS UAH USD UYU UZS WST XCD XCG YER ZAR ZMW
        """
    private static let zeroDecimals = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
    /// The last digit of their amounts must be 0.
    private static let threeDecimals = "BHD JOD KWD OMR TND"
    /// Their amounts have two decimals that must be 00.
    private static let wholeCharges = "ISK UGX"
    /// Charged with two decimals, but paid out without decimals.
    private static let wholePayouts = "HUF TWD"

    /// 999,999.99 units of these currencies are worth less than about 1,000 US dollars at the rates of 2026.
    private static let wideAmounts = """
        AOA ARS CDF COP IDR KHR LAK LBP MMK MNT MWK NGN STD TZS UGX UZS YER
        """

    private static let minimums: [String: Int64] = [
        "AED": 200, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50, "CZK": 1_500, "DKK": 250,
        "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17_500, "IDR": 50, "ILS": 50, "INR": 50, "JPY": 50, "KRW": 50,
        "MXN": 1_000, "MYR": 200, "NOK": 300, "NZD": 50, "PHP": 50, "PLN": 200, "RON": 200, "RUB": 50, "SEK": 300,
        "SGD": 50, "THB": 1_000, "USD": 50, "ZAR": 50,
    ]
}
