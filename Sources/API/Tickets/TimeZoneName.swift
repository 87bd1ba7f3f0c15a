import Foundation
import Marketplace

/// The names of time zones, as the copy of the IANA database knows them that Foundation brings along.
enum TimeZoneName {
    static func isKnown(_ text: String) -> Bool {
        // Foundation also takes offsets, as in GMT+0200: no zone of the database, and unknown to browsers.
        let isOffset = text.hasPrefix("GMT") && text != "GMT"
        return EventDetails.isTimeZoneName(text) && !isOffset && TimeZone(identifier: text) != nil
    }
}
