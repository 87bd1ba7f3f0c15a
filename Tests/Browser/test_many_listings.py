"""A seller changes several listings at once: with scripts, without, and by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from support.users import MODES, unique

every_mode = pytest.mark.parametrize("mode", MODES)


@every_mode
def test_a_seller_changes_several_prices(mode: str, new_user) -> None:
    seller = new_user(mode).signed_up("seller")
    first = seller.create_listing(title=unique("Radio Nord"))
    second = seller.create_listing(title=unique("Radio West"))
    seller.open("/listings")
    seller.follow("Change several")
    seller.is_at("/listings/edit")
    rows = {listing["id"]: seller.page.get_by_role("group", name=listing["title"]) for listing in (first, second)}
    rows[first["id"]].get_by_label(re.compile("^Price per ticket")).fill("39")
    rows[second["id"]].get_by_label("Sale").select_option("Off sale")
    seller.press("Save changes")
    seller.is_at(r"/listings\?done=changed")
    seller.sees("Your changes are saved.")
    changed, withdrawn = (seller.api("GET", f"/api/tickets/{each['id']}").json() for each in (first, second))
    assert changed["price"] == 3900 and not changed["withdrawn"]
    assert withdrawn["price"] == second["price"] and withdrawn["withdrawn"]


@every_mode
def test_a_seller_uses_a_spreadsheet(mode: str, new_user) -> None:
    seller = new_user(mode).signed_up("seller")
    listing = seller.create_listing(title=unique("Radio Nord"), quantity=3)
    seller.open("/listings")
    seller.follow("Use a spreadsheet")
    response = seller.page.request.get(seller.page.url.replace("/upload", ".csv"))
    assert response.ok and listing["id"] in response.text()
    header, row = response.text().splitlines()
    column = header.split(",").index("quantity")
    assert row.split(",")[column] == "3"
    title = unique("Radio Süd")
    names = ["event", "date", "venue", "city", "time_zone", "quantity", "price", "currency"]
    new = [title, "2099-06-01 20:00", "Tempodrom", "Berlin", "Europe/Berlin", "2", "45", "EUR"]
    table = "\n".join([
        ",".join(["listing", *names]), ",".join(["", *new]),
        f"{listing['id']},{listing['title']},,,,,4,,",
    ])
    if seller.has_script:
        file = {"name": "listings.csv", "mimeType": "text/csv", "buffer": table.encode()}
        seller.page.get_by_label("Or choose the CSV file").set_input_files(file)
        expect(seller.page.get_by_label("Your table")).to_have_value(table)
    else:
        seller.fill("Your table", table)
    seller.press("Save the table")
    # Empty cells of the listing's row would remove its date and venue.
    seller.sees("1 saved, 1 not.")
    expect(seller.page.get_by_label("Your table")).to_have_value(re.compile(listing["id"]))
    seller.fill("Your table", f"listing,quantity\n{listing['id']},4")
    seller.press("Save the table")
    seller.sees("1 saved.")
    assert seller.api("GET", f"/api/tickets/{listing['id']}").json()["quantity"] == 4
    titles = [each["title"] for each in seller.api("GET", "/api/tickets?seller=me").json()]
    assert sorted(titles) == sorted([title, listing["title"]])
