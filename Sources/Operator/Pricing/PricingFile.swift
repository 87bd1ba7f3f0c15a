import Foundation
import Marketplace

/// A file of fee rules and price policies. docs/OPERATIONS.md describes the format.
struct PricingFile {
    let command: ApplyPricing
    /// All faults of the file. A file with a fault is not applied.
    let faults: [PricingFault]

    /// Maximum number of bytes.
    static let limit = 1 << 20

    /// - Throws: ``OperatorError`` if the text is not JSON.
    init(_ text: [UInt8], now: Timestamp) throws {
        let root: JSONValue
        do {
            root = try JSONDecoder().decode(JSONValue.self, from: Data(text))
        } catch {
            throw OperatorError(message: "the file is not JSON: \(Self.reason(error))")
        }
        var file = JSONMembers(root, at: "")
        var faults: [PricingFault] = []
        let fees = file.elements("fees").enumerated().map { Self.rule($1, at: "fees[\($0)]", &faults) }
        let policies = file.elements("policies").enumerated().map { Self.policy($1, at: "policies[\($0)]", &faults) }
        _ = file.text("comment")
        file.refuseOthers()
        command = ApplyPricing(fees: fees, policies: policies)
        let shape = file.faults + faults
        // If a member is missing or malformed, the value that replaces it could cause further faults, which are not
        // faults of the file.
        self.faults = shape.isEmpty ? command.faults(now: now) : shape
    }

    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else { return "\(error)" }
        return context.underlyingError.map { "\($0)" } ?? context.debugDescription
    }

    private static let someDay = Day(rawValue: "2000-01-01")!
    private static let dayForm = "a day such as 2026-12-01"

    private static func rule(_ value: JSONValue, at path: String, _ faults: inout [PricingFault]) -> FeeRule {
        var rule = JSONMembers(value, at: path)
        let currency = rule.value("currency", "the ISO 4217 code of a currency", as: Currency.self)
        let scope = FeeRule.Scope(
            country: rule.text("country"), category: rule.text("category").map(ShowCategory.init(rawValue:)),
            currency: currency)
        let validFrom = rule.value("validFrom", dayForm, as: Day.self)
        let made = FeeRule(
            scope: scope, buyerBp: Int(clamping: rule.integer("buyerBp") ?? 0),
            buyerFixed: rule.integer("buyerFixed") ?? 0, sellerBp: Int(clamping: rule.integer("sellerBp") ?? 0),
            sellerFixed: rule.integer("sellerFixed") ?? 0, min: rule.integer("min"), max: rule.integer("max"),
            validFrom: rule.required("validFrom", validFrom, or: someDay))
        rule.refuseOthers()
        faults += rule.faults
        return made
    }

    private static func policy(_ value: JSONValue, at path: String, _ faults: inout [PricingFault]) -> PricePolicy {
        var policy = JSONMembers(value, at: path)
        let (jurisdiction, name) = (policy.text("jurisdiction"), policy.text("name"))
        let status = policy.value("status", names(PricePolicy.Status.self), as: PricePolicy.Status.self)
        let basis = policy.value("basis", names(PricePolicy.Basis.self), as: PricePolicy.Basis.self)
        let measured = policy.value("measured", names(PricePolicy.Measured.self), as: PricePolicy.Measured.self)
        let proof = policy.value("proof", names(PricePolicy.Proof.self), as: PricePolicy.Proof.self)
        let declared = policy.texts("declaredEvents").compactMap { text -> ShowID? in
            let id = ShowID(text)
            if id == nil { policy.fail("declaredEvents", "must be ids of events") }
            return id
        }
        let validFrom = policy.value("validFrom", dayForm, as: Day.self)
        let checkedOn = policy.value("checkedOn", dayForm, as: Day.self)
        let source = policy.text("source")
        let made = PricePolicy(
            jurisdiction: policy.required("jurisdiction", jurisdiction, or: "*"),
            name: policy.required("name", name, or: "-"), status: policy.required("status", status, or: .announced),
            basis: policy.required("basis", basis, or: PricePolicy.Basis.none),
            capBp: Int(clamping: policy.integer("capBp") ?? 10_000), plus: policy.integer("plus") ?? 0,
            currency: policy.value("currency", "the ISO 4217 code of a currency", as: Currency.self),
            measured: measured ?? .ask, declaredEventsOnly: policy.flag("declaredEventsOnly"),
            declaredEvents: declared, restrictedTicketsOnly: policy.flag("restrictedTicketsOnly"),
            occasionalOnly: policy.flag("occasionalOnly"), needsOrganiser: policy.flag("needsOrganiser"),
            proof: proof ?? .declared, discloses: policy.texts("discloses"),
            validFrom: policy.required("validFrom", validFrom, or: someDay),
            validTo: policy.value("validTo", dayForm, as: Day.self),
            source: policy.required("source", source, or: "-"),
            checkedOn: policy.required("checkedOn", checkedOn, or: someDay), note: policy.text("note"))
        policy.refuseOthers()
        faults += policy.faults
        return made
    }

    private static func names<Value: CaseIterable & RawRepresentable>(_ type: Value.Type) -> String
    where Value.RawValue == String {
        "one of " + type.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
