import Foundation
import Marketplace
import Testing

@testable import API

@Suite struct CommandBodyTests {
    /// What is written by hand is what the services read.
    @Test(arguments: [nil, 1999] as [Int64?], [nil, Currency.usd])
    func anOrderIsReadAsItWasMeant(price: Int64?, currency: Currency?) throws {
        let order = CreateOrder(
            ticketId: .new(), quantity: 3, price: price, currency: currency, ticketVersion: 7, userVersion: .max)
        let json = try CommandBody.json(of: order)
        let members = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        let usual = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(order)) as? [String: Any])
        #expect(members as NSDictionary == usual as NSDictionary)
    }
}
