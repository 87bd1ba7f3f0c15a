import FoundationEssentials
import Marketplace
import Services

extension ReportCursor: EncodableCursor {
    static let byteCount = 32

    var bytes: [UInt8] {
        Int64(open).bigEndianBytes + since.microseconds.bigEndianBytes + listingId.uuid.bytes
    }

    init(bytes: [UInt8]) {
        self.init(
            open: Int(clamping: Int32(clamping: Int64(bigEndianBytes: bytes.prefix(8)))),
            since: Timestamp(microseconds: Int64(bigEndianBytes: bytes[8..<16])),
            listingId: ListingID(UUID(bytes: bytes.suffix(16))))
    }
}
