import ArgumentParser
import Bootstrap
import Foundation
import Marketplace
import Services

/// `gittix policies quote`: computes the prices of tickets by the stored rules.
struct QuoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quote", abstract: "Computes the fees of prices.",
        discussion: """
            Standard input has lines of country,category,currency,ask,faceValue. The first two and the last may be \
            empty. Amounts are whole numbers of minor units. The command prints a line for each of them: \
            buyerFee,sellerFee,tax,allIn,feeVersion,policyVersion,max,refusal.
            """)

    /// Maximum number of bytes of a line.
    private static let lineLimit = 200

    func run() async throws {
        let book = try await OperatorContext.open(databases: .operating) { context in
            try await PricingBook.read(from: try context.pool(of: .listings))
        }
        let now = Timestamp.now()
        var output: [UInt8] = []
        var number = 0
        while let line = readLine() {
            number += 1
            guard line.utf8.count <= Self.lineLimit, let quote = Self.quote(line, book, now: now) else {
                throw OperatorError(message: "line \(number) must be country,category,currency,ask,faceValue")
            }
            output += quote.utf8
            output.append(UInt8(ascii: "\n"))
            if output.count > 1 << 16 {
                FileHandle.standardOutput.write(Data(output))
                output.removeAll(keepingCapacity: true)
            }
        }
        FileHandle.standardOutput.write(Data(output))
    }

    static func quote(_ line: String, _ book: PricingBook, now: Timestamp) -> String? {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5, let currency = Currency(rawValue: fields[2]), let ask = Int64(fields[3]),
            (1...Price.limit).contains(ask)
        else { return nil }
        let faceValue = Int64(fields[4])
        guard fields[4].isEmpty || faceValue.map((1...Price.limit).contains) == true else { return nil }
        let place = PricePlace(
            country: fields[0].isEmpty ? nil : fields[0],
            category: fields[1].isEmpty ? nil : ShowCategory(rawValue: fields[1]))
        let quote = book.quote(ask: ask, currency, faceValue: faceValue, at: place, now: now)
        let price = quote.breakdown
        func text(_ number: Int64?) -> String { number.map(String.init) ?? "" }
        return [
            text(price.buyerFee), text(price.sellerFee), text(price.tax), text(price.allIn),
            text(quote.pricing.feeVersion), text(quote.pricing.policyVersion), text(quote.cap?.max),
            quote.refusal?.code.rawValue ?? "",
        ].joined(separator: ",")
    }
}
