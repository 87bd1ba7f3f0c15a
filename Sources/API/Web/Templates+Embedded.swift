extension Templates {
    /// Every file of `Resources/pages/`, by its name.
    static let embedded: [String: [UInt8]] = [
        "edit": PackageResources.edit_mustache,
        "error": PackageResources.error_mustache,
        "error-summary": PackageResources.error_summary_mustache,
        "field": PackageResources.field_mustache,
        "frame": PackageResources.frame_mustache,
        "home": PackageResources.home_mustache,
        "listing-fields": PackageResources.listing_fields_mustache,
        "listings": PackageResources.listings_mustache,
        "notice": PackageResources.notice_mustache,
        "order": PackageResources.order_mustache,
        "order-cancel": PackageResources.order_cancel_mustache,
        "order-facts": PackageResources.order_facts_mustache,
        "order-live": PackageResources.order_live_mustache,
        "orders": PackageResources.orders_mustache,
        "outcome": PackageResources.outcome_mustache,
        "sell": PackageResources.sell_mustache,
        "sign": PackageResources.sign_mustache,
        "time": PackageResources.time_mustache,
        "waiting": PackageResources.waiting_mustache,
        "withdraw": PackageResources.withdraw_mustache,
    ]
}
