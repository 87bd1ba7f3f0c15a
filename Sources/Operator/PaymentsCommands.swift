import ArgumentParser
import Bootstrap
import Marketplace
import Services

struct PaymentsCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments", abstract: "Shows and retries calls that Stripe does not accept.",
        subcommands: [Stuck.self, Retry.self])

    struct Stuck: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists stuck calls, oldest first.",
            discussion: "A call is stuck after \(PaymentTimes.tries.limit) tries in about a day.")
        @Option(help: "Maximum number of calls.") var limit = 100

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes a number from 1 to 10000") }
        }

        func run() async throws {
            let limit = limit
            try await OperatorContext.open(databases: .operating) { context in
                print(Self.text(try await PaymentsRepair(pool: context.pool(of: .payments)).stuck(limit: limit)))
            }
        }

        private static func text(_ calls: [PaymentsRepair.StuckCall]) -> String {
            guard !calls.isEmpty else { return "No call is stuck." }
            var table = Table(columns: [
                ("ORDER", .left), ("ATTEMPT", .right), ("OPERATION", .left), ("TRIES", .right), ("STUCK SINCE", .left),
                ("LAST ERROR", .left),
            ])
            table.rows = calls.map { call in
                [
                    "\(call.order)", "\(call.attempt)", Readable.line(call.operation), "\(call.tries)", "\(call.since)",
                    Readable.line(call.error ?? "-"),
                ]
            }
            return table.text
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tries the stuck calls of an order again.",
            discussion: """
                The command first asks Stripe for the state of the payment, so it repeats nothing that was done by \
                hand. Before you run it, remove the cause of the refusal.
                """)
        @Argument(help: "The order's id.", transform: orderID) var order: OrderID

        func run() async throws {
            let order = order
            try await OperatorContext.open { context in
                let retried = try await context.withCommands {
                    try await $0.send(RetryPayment(orderId: order), to: .payments, for: RetriedPayment.self)
                }
                print("\(order): \(retried.calls) stuck calls will be tried again")
            }
        }
    }
}

@Sendable private func orderID(_ text: String) throws -> OrderID {
    guard let id = OrderID(text) else {
        throw ValidationError("“\(Readable.line(text))” is not the id of an order; `gittix payments stuck` lists them")
    }
    return id
}
