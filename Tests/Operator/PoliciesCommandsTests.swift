import Foundation
import Marketplace
import Support
import Testing

@testable import Operator

/// `gittix policies` with real workers, and the format of its file.
@Suite(.timeLimit(.minutes(2))) struct PoliciesCommandsTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func write(_ text: String) throws -> String {
        let path = folder.appendingPathComponent("file.json").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static let file = """
        {"fees": [{"currency": "EUR", "buyerBp": 800, "buyerFixed": 50, "validFrom": "2026-01-01"}],
         "policies": [{"jurisdiction": "NO", "name": "Norway", "status": "in_force", "basis": "original_total",
            "validFrom": "2007-07-01", "source": "A law", "checkedOn": "2026-11-28"}]}
        """

    @Test func `a file is applied once`() async throws {
        let harness = try await OperatorHarness()
        let path = try write(Self.file)
        let plan = try await harness.gittix("policies", "apply", path)
        #expect(plan.lines.suffix(2) == ["2 new, 0 unchanged", "Nothing was stored. Run with --execute to apply it."])
        #expect(try await harness.gittix("policies", "list").has("there are no fees"))
        try await harness.runWorkers("tickets") {
            let first = try await harness.gittix("policies", "apply", path, "--execute")
            #expect(first.status == 0, "\(first.output)")
            #expect(
                first.lines == ["fees */*/EUR: version 1, new", "policy NO: version 1, new", "2 new, 0 unchanged"])
            let second = try await harness.gittix("policies", "apply", path, "--execute")
            #expect(second.has("0 new, 2 unchanged"), "\(second.output)")
        }
        let list = try await harness.gittix("policies", "list")
        #expect(list.has("*/*/EUR") && list.has("800 bp + 50") && list.has("in_force  what it cost"), "\(list.output)")
        #expect(try await harness.database.count("SELECT count(*) FROM tickets.fee_rules") == 1)
    }

    @Test func `a file with faults is not applied, and each fault names its path`() async throws {
        let harness = try await OperatorHarness()
        let path = try write(
            """
            {"fees": [{"buyerBp": 10001, "validFrom": "2026-01-01"}], "policies": []}
            """)
        let result = try await harness.gittix("policies", "apply", path, "--execute")
        #expect(result.status != 0 && result.has("fees[0].buyerBp must be 0 to 10000"), "\(result.output)")
    }

    private func faults(_ text: String) throws -> [String] {
        try PricingFile(Array(text.utf8), now: .now()).faults.map(\.text)
    }

    @Test func `the shape of a file is checked completely`() throws {
        #expect(try faults(Self.file) == [])
        #expect(
            try faults(
                """
                {"fee": [], "fees": [{"buyerBp": "5", "currency": "EURO", "vat": 1}, 3],
                 "policies": [{"jurisdiction": "NO", "status": "law", "discloses": [1], "validFrom": "1.1.2026"}]}
                """) == [
                    "fee is unknown", "fees[0].currency must be the ISO 4217 code of a currency",
                    "fees[0].buyerBp must be a whole number", "fees[0].validFrom is missing", "fees[0].vat is unknown",
                    "fees[1] must be an object", "fees[1].validFrom is missing",
                    "policies[0].status must be one of in_force, announced, operator, repealed",
                    "policies[0].validFrom must be a day such as 2026-12-01", "policies[0].name is missing",
                    "policies[0].basis is missing", "policies[0].discloses must be a list of texts",
                    "policies[0].source is missing", "policies[0].checkedOn is missing",
                ])
        #expect(throws: OperatorError.self) { try faults("{") }
    }

    /// The files that come with the product are valid. Unless one is applied, there are no fees and no caps.
    @Test(arguments: ["caps", "no-caps", "no-fees", "example-fees"])
    func `the files of the product are valid`(name: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try Data(contentsOf: root.appendingPathComponent("Policies/\(name).json"))
        let file = try PricingFile(Array(text), now: .now())
        #expect(file.faults == [])
        #expect(!file.command.fees.isEmpty || !file.command.policies.isEmpty)
    }

    @Test func `a quote has the fees of the stored rules`() {
        let rule = FeeRule(
            scope: .init(currency: .usd), buyerBp: 500, buyerFixed: 50, sellerBp: 250,
            validFrom: Day(rawValue: "2020-01-01")!)
        var book = PricingBook()
        _ = book.apply(ApplyPricing(fees: [rule], policies: []), now: .now())
        #expect(QuoteCommand.quote(",,USD,4500,", book, now: .now()) == "275,113,0,4775,1,,,")
        #expect(QuoteCommand.quote("NO,concert,EUR,4500,5000", book, now: .now()) == "0,0,0,4500,,,,")
        #expect(QuoteCommand.quote(",,USD,0,", book, now: .now()) == nil)
        #expect(QuoteCommand.quote(",,USD", book, now: .now()) == nil)
    }
}
