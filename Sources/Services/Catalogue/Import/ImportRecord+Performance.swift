import Crypto
import Foundation
import JSONCoding
import Marketplace

extension ImportRecord {
    /// Returns the row in the form that the catalogue accepts, with its times as moments.
    ///
    /// - Parameter zones: The zones of the catalogue's venues with this row's name, city and country.
    func performance(zones: [String]) -> Result<ImportedPerformance, Refusal> {
        for (name, text) in [("id", externalId), ("title", title), ("venue", venue), ("city", city), ("start", start)]
        where text.isEmpty {
            return .failure(Refusal(.invalid, "The \(name) is missing.", field: name))
        }
        if !country.isEmpty, !Country.isCode(country) {
            return .failure(Refusal(.invalid, "The country must be an ISO 3166-1 code, such as DE.", field: "country"))
        }
        for zone in [timeZone, venueTimeZone] where !zone.isEmpty && !TimeZones.isGeographical(zone) {
            return .failure(
                Refusal(
                    .invalid, "The time zone is not known. Write a name of the IANA database such as Europe/Berlin.",
                    field: "timeZone"))
        }
        let times: PerformanceTimes
        switch self.times(zones) {
        case .success(let read): times = read
        case .failure(let refusal): return .failure(refusal)
        }
        let zone = timeZone.isEmpty ? venueTimeZone : timeZone
        func given(_ text: String) -> String? { text.isEmpty ? nil : text }
        var performance = ImportedPerformance(
            externalId: externalId,
            event: ProposePerformance.NewShow(
                title: title, category: ShowCategory(rawValue: category.lowercased()), performers: performers),
            venue: ImportedPerformance.Place(
                name: venue, city: city, country: given(country), address: given(address), place: given(place),
                timeZone: given(zone)), times: times, status: status)
        let event = [title, performance.event.category.rawValue] + Set(performers.map(Performer.key(of:))).sorted()
        performance.eventDigest = Self.digest(event)
        performance.digest = Self.digest([performance])
        return performance.refusal.map(Result.failure) ?? .success(performance)
    }

    private static func digest(_ values: [some Encodable]) -> String {
        let bytes = (try? JSONBytes.encode(values)) ?? []
        return SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private func times(_ zones: [String]) -> Result<PerformanceTimes, Refusal> {
        moment(start, "start", zones).flatMap { startsAt in
            optional(doors, "doors", zones).flatMap { doorsAt in
                optional(end, "end", zones).flatMap { endsAt in
                    let times = PerformanceTimes(startsAt: startsAt, doorsAt: doorsAt, endsAt: endsAt)
                    return times.orderRefusal.map(Result.failure) ?? .success(times)
                }
            }
        }
    }

    private func optional(_ text: String, _ name: String, _ zones: [String]) -> Result<Timestamp?, Refusal> {
        text.isEmpty ? .success(nil) : moment(text, name, zones).map { $0 }
    }

    private func moment(_ text: String, _ name: String, _ zones: [String]) -> Result<Timestamp, Refusal> {
        ImportTime.read(text, name).flatMap { time in
            switch time {
            case .moment(let moment): return .success(moment)
            case .local(let text):
                if timeZone.isEmpty, Set(zones).count > 1 { return .failure(.ambiguousVenue(zones.count)) }
                let own = timeZone.isEmpty ? zones.first ?? venueTimeZone : timeZone
                guard !own.isEmpty, let zone = TimeZone(identifier: own) else { return .failure(.unknownVenue) }
                return ImportTime.moment(text, in: zone, name)
            }
        }
    }
}
